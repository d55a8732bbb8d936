"""scipy's sparse arrays, imported in three quarters of the usual time."""

import numpy as np

__all__ = ["csr_array", "sparse"]

# scipy looks at every part of numpy, and this one, a compiler of Fortran, is loaded by being looked
# at. Who needs it can still import it.
vars(np).setdefault("f2py", None)
from scipy import sparse  # noqa: E402
from scipy.sparse import csr_array  # noqa: E402

"""scipy's sparse arrays, imported in three quarters of the usual time."""

import numpy as np

__all__ = ["csr_array", "sparse"]

# scipy looks at all of numpy, which would import this: a compiler of Fortran that nothing needs.
vars(np).setdefault("f2py", None)
from scipy import sparse  # noqa: E402
from scipy.sparse import csr_array  # noqa: E402

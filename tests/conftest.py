from hypothesis import settings

# How long an example takes is no matter of what is tested.
settings.register_profile("thorough", deadline=None)
settings.register_profile("quick", deadline=None, max_examples=20)
settings.load_profile("thorough")

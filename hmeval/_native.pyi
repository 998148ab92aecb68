# The extension: what CFFI makes of native/hmeval.h. Its functions take and return C data, which have no Python types.
from typing import Any

ffi: Any
lib: Any

"""The extension's part of the set-up; everything else stands in pyproject.toml."""

from setuptools import setup
from setuptools.command.build_ext import build_ext


class BuildExtension(build_ext):
    """C++ (the compatibility library alone) needs its standard named, which a C compiler would refuse."""

    def build_extension(self, extension):
        compile_one = self.compiler._compile

        def compile_with_standard(obj, source, extension_, arguments, *rest):
            standard = ["-std=c++17"] if source.endswith(".cc") else ["-std=gnu11"]
            return compile_one(obj, source, extension_, [*arguments, *standard], *rest)

        self.compiler._compile = compile_with_standard
        super().build_extension(extension)


setup(cffi_modules=["native/build_ffi.py:ffi_builder"], cmdclass={"build_ext": BuildExtension})

"""Ropeway as a Conan 2 package. The recipe lives in conan/; the sources are the folder above."""

import os
import re

from conan import ConanFile
from conan.tools.build import check_min_cppstd, cross_building
from conan.tools.cmake import CMake, CMakeDeps, CMakeToolchain
from conan.tools.files import copy, load

required_conan_version = ">=2.18"

ROOT_FILES = ("CMakeLists.txt", "LICENSE")
FOLDERS = ("cmake", "core", "handlers", "launcher", "tests")


class Ropeway(ConanFile):
    name = "ropeway"
    description = "A hybrid process-and-thread HTTP server and C++20 framework"
    license = "Apache-2.0"
    topics = ("http", "server", "framework", "asio")
    package_type = "static-library"
    settings = "os", "arch", "compiler", "build_type"

    def set_version(self):
        text = load(self, os.path.join(self.recipe_folder, "..", "CMakeLists.txt"))
        self.version = self.version or re.search(r"project\(ropeway VERSION ([0-9.]+)", text)[1]

    def export_sources(self):
        root = os.path.join(self.recipe_folder, "..")
        for name in ROOT_FILES:
            copy(self, name, root, self.export_sources_folder)
        for folder in FOLDERS:
            copy(self, f"{folder}/*", root, self.export_sources_folder, excludes=("*/node_modules/*", "*/__pycache__/*"))

    def layout(self):
        self.folders.root = ".."
        self.folders.source = "."
        self.folders.build = os.path.join("build", "conan")
        self.folders.generators = os.path.join("build", "conan", "generators")

    def requirements(self):
        self.requires("asio/[>=1.22 <2]", transitive_headers=True)
        self.requires("nlohmann_json/[>=3.11 <4]", transitive_headers=True)
        self.requires("spdlog/[>=1.10 <2]")
        self.requires("cli11/[>=2.1 <3]")
        self.requires("zlib/[>=1.2.13 <2]")
        self.requires("brotli/[>=1.0.9 <2]")
        self.requires("zstd/[>=1.5 <1.6]")
        self.requires("kainjow-mustache/4.1", visible=False)
        self.requires("openssl/[>=3.0 <4]")

    def build_requirements(self):
        self.test_requires("doctest/[>=2.4.9 <3]")

    def validate(self):
        check_min_cppstd(self, 20)

    @property
    def _with_tests(self):
        return not self.conf.get("tools.build:skip_test", default=False, check_type=bool) and not cross_building(self)

    def generate(self):
        CMakeDeps(self).generate()
        toolchain = CMakeToolchain(self)
        toolchain.user_presets_path = False
        toolchain.cache_variables["ROPEWAY_BUILD_TESTS"] = self._with_tests
        toolchain.cache_variables["ROPEWAY_BUILD_EXAMPLES"] = False
        toolchain.cache_variables["ROPEWAY_INSTALL"] = True
        toolchain.generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()
        if self._with_tests:
            cmake.ctest(["--output-on-failure", "--tests-regex", "^unit_"])

    def package(self):
        copy(self, "LICENSE", self.source_folder, os.path.join(self.package_folder, "licenses"))
        CMake(self).install()

    def package_info(self):
        # Consumers get our own ropewayConfig.cmake, so that they see the same targets with and without Conan.
        self.cpp_info.set_property("cmake_find_mode", "none")
        self.cpp_info.builddirs = [os.path.join("lib", "cmake", "ropeway")]
        self.cpp_info.libs = []
        self.cpp_info.includedirs = []

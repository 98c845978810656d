from conan import ConanFile
from conan.tools.system.package_manager import Apt


class System(ConanFile):
    """Debian's libssl-dev: the headers and libraries are found where the system has them."""

    name = "openssl"
    version = "system"
    settings = "os", "arch"  # Apt asks for the architecture
    package_type = "shared-library"

    def system_requirements(self):
        Apt(self).install(["libssl-dev"], check=True)

    def package_id(self):
        self.info.clear()

    def package_info(self):
        self.cpp_info.set_property("cmake_find_mode", "none")
        self.cpp_info.includedirs = self.cpp_info.libdirs = self.cpp_info.bindirs = []

# SPDX-License-Identifier: Apache-2.0
# Stand-in of OpenWrt's rules.mk, package.mk and meson.mk: what a package's Makefile says can be asked for, and its install
# section runs with the real commands and modes.
INCLUDE_DIR := $(TOPDIR)
INSTALL_DIR := install -d -m0755
INSTALL_BIN := install -m0755
INSTALL_DATA := install -m0644
INSTALL_CONF := install -m0600
CP := cp -fpR
define newline


endef
BuildPackage = $(eval $(call StandIn,$(1)))
define StandIn
all_packages += $(1)
install-$(1):
	$$(call Package/$(1)/install,$$(OUT))
tell-$(1):
	@$$(info $$(Package/$(1)))$$(info conffiles: $$(Package/$(1)/conffiles))
script-$(1):
	@$$(info $$(value Package/$(1)/prerm))
endef
packages:
	@echo $(all_packages)
meson-arguments:
	@echo $(MESON_ARGS)

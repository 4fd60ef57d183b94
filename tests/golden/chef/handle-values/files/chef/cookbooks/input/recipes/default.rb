#
# Cookbook:: input
# Recipe:: default
#

raise 'say for which machine, with -j nodes/MACHINE.json'

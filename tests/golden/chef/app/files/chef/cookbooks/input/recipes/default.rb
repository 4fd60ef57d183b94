#
# Cookbook:: input
# Recipe:: default
#

include_recipe 'input::segment-2'

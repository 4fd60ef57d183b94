# launch.rb GEM PROGRAM [ARGUMENT...]: runs a program of a gem with the gems of this folder
# and no others. What that program starts sees the environment that this one was given.
environment = ENV.to_h
ENV["BUNDLE_GEMFILE"] = File.join(__dir__, "Gemfile")
ENV["BUNDLE_APP_CONFIG"] = File.join(__dir__, ".bundle")
require "bundler/setup"
ENV.replace(environment)

gem_name, program = ARGV.shift(2)
$PROGRAM_NAME = program
load Gem.bin_path(gem_name, program)

#
# Cookbook:: input
# Recipe:: segment-3
#

# input.dvo:12 hosts.shop.file(/srv/data/x)
dvo_file '/srv/data/x' do
  content 'after the reboot' + "\n"
end

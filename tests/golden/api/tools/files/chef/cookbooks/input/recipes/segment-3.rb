#
# Cookbook:: input
# Recipe:: segment-3
#

# input.dvo:9 tools()
dvo_file '/etc/tools' do
  content 'chef' + "\n"
end

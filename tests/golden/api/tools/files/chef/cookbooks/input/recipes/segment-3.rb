#
# Cookbook:: input
# Recipe:: segment-3
#

# input.dvo:9 chef.tools()
dvo_step 'Write down the tools of chef' do
  function 'file'
  parameters(path: '/etc/tools', content: 'chef' + "\n")
end

#
# Cookbook:: input
# Recipe:: segment-3
#

# input.dvo:12 hosts.shop.file(/srv/data/x)
dvo_step 'Write /srv/data/x' do
  function 'file'
  parameters(
    path: '/srv/data/x',
    content: 'after the reboot' + "\n",
    owner: 'root',
    group: 'root',
    mode: '0644'
  )
end

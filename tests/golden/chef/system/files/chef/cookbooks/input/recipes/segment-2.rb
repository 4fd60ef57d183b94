#
# Cookbook:: input
# Recipe:: segment-2
#

# input.dvo:3 hosts.shop.hostname()
dvo_step 'Name the machine shop.example.org' do
  function 'hostname'
  parameters(hostname: 'shop.example.org')
end

# input.dvo:4 hosts.shop.timezone()
dvo_step 'Set the time zone Europe/Berlin' do
  function 'timezone'
  parameters(zone: 'Europe/Berlin')
end

# input.dvo:5 hosts.shop.sysctl(net.ipv4.ip_forward)
dvo_step 'Set net.ipv4.ip_forward' do
  function 'sysctl'
  parameters(key: 'net.ipv4.ip_forward', value: 1)
end

# input.dvo:6 hosts.shop.sysctl(net.ipv4.tcp_rmem)
dvo_step 'Set net.ipv4.tcp_rmem' do
  function 'sysctl'
  parameters(key: 'net.ipv4.tcp_rmem', value: '4096 131072 6291456')
end

# input.dvo:7 hosts.shop.sysctl(vm.swappiness)
dvo_step 'Leave vm.swappiness to others' do
  function 'sysctl'
  parameters(key: 'vm.swappiness', present: false)
end

# input.dvo:8 hosts.shop.filesystem(/dev/vdb)
dvo_step 'Make a filesystem on /dev/vdb' do
  function 'filesystem'
  parameters(device: '/dev/vdb', fstype: 'ext4', label: 'data')
end

# input.dvo:9 hosts.shop.mount(/srv/data)
dvo_step 'Mount /srv/data' do
  function 'mount'
  parameters(path: '/srv/data', device: 'LABEL=data', fstype: 'ext4', options: %w(noatime nofail))
end

# input.dvo:10 hosts.shop.mount(/srv/old)
dvo_step 'Unmount /srv/old' do
  function 'mount'
  parameters(path: '/srv/old', present: false)
end

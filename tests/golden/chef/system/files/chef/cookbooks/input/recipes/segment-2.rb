#
# Cookbook:: input
# Recipe:: segment-2
#

# input.dvo:3 hosts.shop.hostname()
dvo_hostname 'shop.example.org'

# input.dvo:4 hosts.shop.timezone()
dvo_timezone 'Europe/Berlin'

# input.dvo:5 hosts.shop.sysctl(net.ipv4.ip_forward)
dvo_sysctl 'net.ipv4.ip_forward' do
  value 1
end

# input.dvo:6 hosts.shop.sysctl(net.ipv4.tcp_rmem)
dvo_sysctl 'net.ipv4.tcp_rmem' do
  value '4096 131072 6291456'
end

# input.dvo:7 hosts.shop.sysctl(vm.swappiness)
dvo_sysctl 'vm.swappiness' do
  present false
end

# input.dvo:8 hosts.shop.filesystem(/dev/vdb)
dvo_filesystem '/dev/vdb' do
  label 'data'
end

# input.dvo:9 hosts.shop.mount(/srv/data)
dvo_mount '/srv/data' do
  device 'LABEL=data'
  fstype 'ext4'
  options %w(noatime nofail)
end

# input.dvo:10 hosts.shop.mount(/srv/old)
dvo_mount '/srv/old' do
  present false
end

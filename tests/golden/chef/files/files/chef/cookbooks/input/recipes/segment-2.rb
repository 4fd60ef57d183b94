#
# Cookbook:: input
# Recipe:: segment-2
#

# input.dvo:4 hosts.shop.directory(/srv/shop)
dvo_directory '/srv/shop' do
  owner 'www-data'
  mode '0750'
end

# input.dvo:5 hosts.shop.file(/srv/shop/index.html)
dvo_file '/srv/shop/index.html' do
  content '<h1>Hallo</h1>' + "\n"
  owner 'www-data'
end

# input.dvo:6 hosts.shop.file(/srv/shop/logo.svg)
dvo_file '/srv/shop/logo.svg' do
  content '<svg/>' + "\n"
  mode '0640'
end

# input.dvo:7 hosts.shop.file(/etc/sudoers.d/shop)
dvo_file '/etc/sudoers.d/shop' do
  content 'www-data ALL=(root) NOPASSWD: /bin/true' + "\n"
  mode '0440'
  validate_command ['visudo', '-cf', '%s']
end

# input.dvo:9 hosts.shop.file(/srv/old)
dvo_file '/srv/old' do
  present false
end

# input.dvo:10 hosts.shop.line(/etc/ssh/sshd_config,"^#?PermitRootLogin")
dvo_line '/etc/ssh/sshd_config' do
  line 'PermitRootLogin no'
  match '^#?PermitRootLogin'
end

# input.dvo:11 hosts.shop.line(/etc/hosts,"192.0.2.1 old")
dvo_line '/etc/hosts' do
  line '192.0.2.1 old'
  present false
end

# input.dvo:12 hosts.shop.link(/srv/www)
dvo_link '/srv/www' do
  to '/srv/shop'
end

# input.dvo:13 hosts.shop.directory(/srv/tmp)
dvo_directory '/srv/tmp' do
  recursive true
  present false
end

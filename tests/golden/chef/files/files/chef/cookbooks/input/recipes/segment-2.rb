#
# Cookbook:: input
# Recipe:: segment-2
#

# input.dvo:4 hosts.shop.directory(/srv/shop)
dvo_step 'Keep directory /srv/shop' do
  function 'directory'
  parameters(path: '/srv/shop', owner: 'www-data', mode: '0750', recursive: false, present: true)
end

# input.dvo:5 hosts.shop.file(/srv/shop/index.html)
dvo_step 'Write /srv/shop/index.html' do
  function 'file'
  parameters(
    path: '/srv/shop/index.html',
    content: '<h1>Hallo</h1>' + "\n",
    owner: 'www-data',
    group: 'root',
    mode: '0644'
  )
end

# input.dvo:6 hosts.shop.file(/srv/shop/logo.svg)
dvo_step 'Write /srv/shop/logo.svg' do
  function 'file'
  parameters(
    path: '/srv/shop/logo.svg',
    content: '<svg/>' + "\n",
    owner: 'root',
    group: 'root',
    mode: '0640'
  )
end

# input.dvo:7 hosts.shop.file(/etc/sudoers.d/shop)
dvo_step 'Write /etc/sudoers.d/shop' do
  function 'file'
  parameters(
    path: '/etc/sudoers.d/shop',
    content: 'www-data ALL=(root) NOPASSWD: /bin/true' + "\n",
    owner: 'root',
    group: 'root',
    mode: '0440',
    validate: ['visudo', '-cf', '%s']
  )
end

# input.dvo:9 hosts.shop.file(/srv/old)
dvo_step 'Remove /srv/old' do
  function 'file'
  parameters(path: '/srv/old', present: false)
end

# input.dvo:10 hosts.shop.line(/etc/ssh/sshd_config,"^#?PermitRootLogin")
dvo_step 'Set a line of /etc/ssh/sshd_config' do
  function 'line'
  parameters(
    path: '/etc/ssh/sshd_config',
    line: 'PermitRootLogin no',
    match: '^#?PermitRootLogin',
    present: true
  )
end

# input.dvo:11 hosts.shop.line(/etc/hosts,"192.0.2.1 old")
dvo_step 'Remove a line of /etc/hosts' do
  function 'line'
  parameters(path: '/etc/hosts', line: '192.0.2.1 old', present: false)
end

# input.dvo:12 hosts.shop.link(/srv/www)
dvo_step 'Link /srv/www' do
  function 'link'
  parameters(path: '/srv/www', to: '/srv/shop', present: true)
end

# input.dvo:13 hosts.shop.directory(/srv/tmp)
dvo_step 'Remove directory /srv/tmp' do
  function 'directory'
  parameters(path: '/srv/tmp', recursive: true, present: false)
end

#
# Cookbook:: input
# Recipe:: segment-2
#

# input.dvo:4 hosts.shop.file(/etc/nginx/nginx.conf)
dvo_step 'Write /etc/nginx/nginx.conf' do
  function 'file'
  parameters(
    path: '/etc/nginx/nginx.conf',
    content: 'events {}' + "\n",
    owner: 'root',
    group: 'root',
    mode: '0644'
  )
  register 'file_etc_nginx_nginx_conf'
end

# input.dvo:5 hosts.shop.file(/etc/nginx/sites-enabled/shop)
dvo_step 'Write /etc/nginx/sites-enabled/shop' do
  function 'file'
  parameters(
    path: '/etc/nginx/sites-enabled/shop',
    content: 'server {}' + "\n",
    owner: 'root',
    group: 'root',
    mode: '0644'
  )
  register 'file_etc_nginx_sites_enabled_shop'
end

# input.dvo:6 hosts.shop.service(nginx.service)
dvo_step 'Keep nginx.service as wanted' do
  function 'service'
  parameters lazy {
    {
      unit: 'nginx.service',
      running: true,
      restart: Dvo.changed?('file_etc_nginx_nginx_conf'),
      reload: Dvo.changed?('file_etc_nginx_sites_enabled_shop'),
    }
  }
end

# input.dvo:7 hosts.shop.service(cron.service)
dvo_step 'Keep cron.service as wanted' do
  function 'service'
  parameters lazy {
    {
      unit: 'cron.service',
      running: true,
      reload: Dvo.changed?('file_etc_nginx_nginx_conf') || Dvo.changed?('file_etc_nginx_sites_enabled_shop'),
    }
  }
end

# input.dvo:8 hosts.shop.service(apache2.service)
dvo_step 'Keep apache2.service as wanted' do
  function 'service'
  parameters(unit: 'apache2.service', running: false)
end

# input.dvo:9 hosts.shop.service(ssh.socket)
dvo_step 'Keep ssh.socket as wanted' do
  function 'service'
  parameters(unit: 'ssh.socket', running: false, enabled: true)
end

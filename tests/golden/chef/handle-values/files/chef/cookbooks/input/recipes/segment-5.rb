#
# Cookbook:: input
# Recipe:: segment-5
#

# input.dvo:11 hosts.shop.file(/etc/peer)
dvo_step 'Write /etc/peer' do
  function 'file'
  parameters lazy {
    {
      path: '/etc/peer',
      content: Dvo.value('hosts_db_query_cat_etc_key_pub_stdout') + ' ' + Dvo.value('hosts_db_ip') + "\n",
      owner: 'root',
      group: 'root',
      mode: '0644',
    }
  }
end

# input.dvo:12 hosts.shop.run(shopctl,join,{hosts.db.ip})
dvo_step 'Run shopctl, join, {hosts.db.ip}' do
  function 'run'
  parameters lazy {
    {
      argv: ['shopctl', 'join', Dvo.value('hosts_db_ip')],
      stopped: [],
      cwd: '/',
      env: {},
      login: 'root',
      success: [0],
    }
  }
  only_if { Dvo.value('hosts_db_run_init_changed') }
  only_if { Dvo.value('hosts_shop_query_shopctl_version_status') == 0 }
end

# input.dvo:13 hosts.shop.service(shop.service)
dvo_step 'Keep shop.service as wanted' do
  function 'service'
  parameters lazy {
    { unit: 'shop.service', running: true, restart: Dvo.value('hosts_db_run_init_changed') }
  }
end

#
# Cookbook:: input
# Recipe:: segment-5
#

# input.dvo:11 hosts.shop.file(/etc/peer)
dvo_file '/etc/peer' do
  content lazy {
    Dvo.value('hosts_db_query_cat_etc_key_pub_stdout') + ' ' + Dvo.value('hosts_db_ip') + "\n"
  }
end

# input.dvo:12 hosts.shop.run(shopctl,join,{hosts.db.ip})
dvo_run 'Run shopctl, join, {hosts.db.ip}' do
  argv lazy { ['shopctl', 'join', Dvo.value('hosts_db_ip')] }
  only_if { Dvo.value('hosts_db_run_init_changed') }
  only_if { Dvo.value('hosts_shop_query_shopctl_version_status') == 0 }
end

# input.dvo:13 hosts.shop.service(shop.service)
dvo_service 'shop.service' do
  restart lazy { Dvo.value('hosts_db_run_init_changed') }
end

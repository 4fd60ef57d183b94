#
# Cookbook:: input
# Recipe:: segment-2
#

# input.dvo:4 hosts.shop.unit(shop.service)
dvo_unit 'shop.service' do
  content '[Service]
ExecStart=/usr/bin/shop --port 8080' + "\n"
  register 'unit_shop_service'
end

# input.dvo:7 hosts.shop.service(shop.service)
dvo_service 'shop.service' do
  restart lazy { Dvo.changed?('unit_shop_service') }
end

# input.dvo:8 hosts.shop.unit(old.timer)
dvo_unit 'old.timer' do
  content ''
  present false
end

# input.dvo:9 hosts.shop.cron(backup)
dvo_cron 'backup' do
  schedule '15 3 * * *'
  env('MAILTO' => 'ops@shop.example')
  command 'tar cz /srv > /backup/$(date +\\%F).tgz'
end

# input.dvo:10 hosts.shop.cron(report)
dvo_cron 'report' do
  schedule '@daily'
  login 'www-data'
  argv ['/usr/bin/report', '--name', 'a b']
end

# input.dvo:11 hosts.shop.cron(old)
dvo_cron 'old' do
  present false
end

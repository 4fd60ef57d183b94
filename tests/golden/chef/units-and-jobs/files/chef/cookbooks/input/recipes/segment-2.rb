#
# Cookbook:: input
# Recipe:: segment-2
#

# input.dvo:4 hosts.shop.unit(shop.service)
dvo_step 'Define unit shop.service' do
  function 'unit'
  parameters(
    unit: 'shop.service',
    content: '[Service]
ExecStart=/usr/bin/shop --port 8080' + "\n",
    present: true
  )
  register 'unit_shop_service'
end

# input.dvo:7 hosts.shop.service(shop.service)
dvo_step 'Keep shop.service as wanted' do
  function 'service'
  parameters lazy {
    { unit: 'shop.service', running: true, restart: Dvo.changed?('unit_shop_service') }
  }
end

# input.dvo:8 hosts.shop.unit(old.timer)
dvo_step 'Remove unit old.timer' do
  function 'unit'
  parameters(unit: 'old.timer', content: '', present: false)
end

# input.dvo:9 hosts.shop.cron(backup)
dvo_step 'Schedule backup' do
  function 'cron'
  parameters(
    job: 'backup',
    schedule: '15 3 * * *',
    login: 'root',
    env: { 'MAILTO' => 'ops@shop.example' },
    command: 'tar cz /srv > /backup/$(date +\\%F).tgz'
  )
end

# input.dvo:10 hosts.shop.cron(report)
dvo_step 'Schedule report' do
  function 'cron'
  parameters(
    job: 'report',
    schedule: '@daily',
    login: 'www-data',
    env: {},
    argv: ['/usr/bin/report', '--name', 'a b']
  )
end

# input.dvo:11 hosts.shop.cron(old)
dvo_step 'Remove the job old' do
  function 'cron'
  parameters(job: 'old', present: false)
end

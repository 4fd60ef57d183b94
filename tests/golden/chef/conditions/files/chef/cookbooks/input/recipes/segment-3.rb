#
# Cookbook:: input
# Recipe:: segment-3
#

# input.dvo:5 hosts.shop.query(shopctl,mode)
dvo_query 'Ask shopctl, mode' do
  argv %w(shopctl mode)
  register 'query_shopctl_mode'
end

# input.dvo:6 hosts.shop.file(/etc/a)
dvo_file '/etc/a' do
  content lazy { 'x ' + Dvo.result('query_shopctl_mode', 'stdout') + "\r\n" }
  register 'file_etc_a'
end

# input.dvo:7 hosts.shop.file(/etc/b)
dvo_file '/etc/b' do
  content lazy { 'status ' + Dvo.result('query_shopctl_mode', 'status') }
  only_if { Dvo.changed?('file_etc_a') }
end

# input.dvo:8 hosts.shop.line(/etc/c,line)
dvo_line '/etc/c' do
  line 'line'
  register 'line_etc_c_line'
  ignore_failure true
end

# input.dvo:9 hosts.shop.query(maybe)
dvo_query 'Ask maybe' do
  argv ['maybe']
  register 'query_maybe'
  not_if { Dvo.failed?('line_etc_c_line') }
  only_if { Dvo.changed?('line_etc_c_line') }
end

# input.dvo:10 hosts.shop.file(/etc/d)
dvo_file '/etc/d' do
  content lazy { Dvo.result('query_maybe', 'stdout') }
  only_if { Dvo.result?('query_maybe') }
end

# input.dvo:11 hosts.shop.file(/etc/e)
dvo_file '/etc/e' do
  content lazy { Dvo.value('hosts_db_ip') }
  timeout 90
  only_if { Dvo.result('query_shopctl_mode', 'status').to_i == 0 }
end

# input.dvo:12 hosts.shop.file(/etc/f)
dvo_file '/etc/f' do
  content 'x'
  only_if { Dvo.result('query_shopctl_mode', 'stdout') == 'other' }
  not_if { Dvo.changed?('file_etc_a') }
end

# input.dvo:13 hosts.shop.group(ops)
group 'ops' do
  gid 2000
  append true
  action :create
  Dvo.register(self, 'group_ops')
end

# input.dvo:14 hosts.shop.group(risky)
group 'risky' do
  append true
  action :create
  Dvo.register(self, 'group_risky')
  ignore_failure true
end

# input.dvo:15 hosts.shop.file(/etc/g)
dvo_file '/etc/g' do
  content 'x'
  only_if { Dvo.changed?('group_ops') }
end

# input.dvo:16 hosts.shop.file(/etc/h)
dvo_file '/etc/h' do
  content 'x'
  not_if { Dvo.failed?('group_risky') }
  not_if { Dvo.changed?('group_risky') }
end

# input.dvo:17 hosts.shop.run(once)
dvo_run 'Run once' do
  argv ['once']
  creates '/srv/once'
  register 'run_once'
  ignore_failure true
end

# input.dvo:18 hosts.shop.service(nginx.service)
dvo_service 'nginx.service' do
  restart lazy { Dvo.changed?('file_etc_a') || Dvo.changed?('line_etc_c_line') }
  reload lazy { Dvo.changed?('group_ops') }
  not_if { Dvo.failed?('line_etc_c_line') }
end

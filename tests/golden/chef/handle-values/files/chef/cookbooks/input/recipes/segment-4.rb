#
# Cookbook:: input
# Recipe:: segment-4
#

# input.dvo:9 hosts.db.query(cat,/etc/key.pub)
dvo_query 'Ask cat, /etc/key.pub' do
  argv %w(cat /etc/key.pub)
end

# input.dvo:10 hosts.db.run(init)
dvo_run 'Run init' do
  argv ['init']
  creates '/srv/init'
  stopped ['postgresql.service']
  cwd '/srv'
  login 'postgres'
end

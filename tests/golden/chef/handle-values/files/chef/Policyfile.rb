name 'input'
run_list 'input::default'
named_run_list :hosts_shop, %w(input::segment-3 input::segment-5)
named_run_list :hosts_db, ['input::segment-4']
cookbook 'input', path: 'cookbooks/input'
cookbook 'dvo', path: 'cookbooks/dvo'

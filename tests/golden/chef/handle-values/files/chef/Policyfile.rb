name 'input'
run_list 'input::default'
named_run_list :hosts_shop, %w(input::segment-1 input::segment-3)
named_run_list :hosts_db, ['input::segment-2']
cookbook 'input', path: 'cookbooks/input'
cookbook 'dvo', path: 'cookbooks/dvo'

name 'input'
run_list 'input::default'
named_run_list :machine, ['input::segment-2']
cookbook 'input', path: 'cookbooks/input'
cookbook 'dvo', path: 'cookbooks/dvo'

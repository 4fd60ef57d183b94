/* Follows the inventory from one host to the next. */
#include "compiler/jump.h"

#include "compiler/param.h"
#include "compiler/vm.h"

value jump_hosts(struct vm *vm, const struct config *config, const struct yaml_node *from)
{
    static const char *const facts[] = {"address", "login", "port", "host_key",
                                        "identity"};
    const struct yaml_node *inventory = config->inventory, *host = from, *name;
    value hops = value_list_new(vm, NULL, 0);
    for (size_t depth = 0; (name = yaml_get(host, "jump")); depth++) {
        host = yaml_get(inventory, name->text);
        if (!host || depth == inventory->n) {
            vm_fail_at(vm, name->span, 538,
                       host ? "the jump hosts of the inventory lead in a circle: %s"
                            : "the inventory has no host \"%s\" to jump over",
                       name->text);
            return VALUE_ERROR;
        }
        value hop = value_dict_new(vm, 8);
        value_dict_set(vm, hop, value_cstring(vm, "name"), value_cstring(vm, name->text));
        for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
            const struct yaml_node *fact = yaml_get(host, facts[i]);
            if (fact)
                value_dict_set(vm, hop, value_cstring(vm, facts[i]),
                               param_value(vm, fact));
        }
        value_list_push(vm, hops, hop);
    }
    return hops;
}

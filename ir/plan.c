/* What can be told of lowered calls. */
#include "ir/plan.h"

bool plan_steps_ask_for_file(const struct values *t, val_id steps)
{
    for (uint32_t i = 0; i < val_count(t, steps); i++) {
        val_id native = val_items(t, steps)[i];
        if (val_get(t, native)->kind == IR_NATIVE &&
            val_dict_get(t, val_items(t, native)[0], "file"))
            return true;
    }
    return false;
}

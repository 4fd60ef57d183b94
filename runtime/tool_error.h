/* What the words of tools mean, whichever tool they come from. */
#ifndef DVO_RUNTIME_TOOL_ERROR_H
#define DVO_RUNTIME_TOOL_ERROR_H

#include <jansson.h>

#include "ir/errors.h"

/* The errno that a failed event names itself; DVO_OK if it does not. */
enum dvo_error tool_error_said(const json_t *event);
/* The error that a message is about; DVO_OK if that is not known. NULL is no message. */
enum dvo_error tool_error_words(const char *msg);

#endif

/* The password reaches sudo on its standard input and is never a word of a command line.
 * sudo reads a line only if it asks; whether it does is asked first, so that a password
 * is never taken for the first line of a script. */
#include "runtime/root.h"

#include <string.h>

static bool is_root(const struct machine *m)
{
    return !strcmp(m->login, "root");
}

static void root_words(struct ssh_words *w, const struct machine *m, const char *command)
{
    struct buf *text = &w->texts[5];
    buf_clear(text);
    if (is_root(m)) {
        buf_printf(text, "exec %s", command);
    } else if (!m->become) {
        buf_printf(text, "exec sudo -n %s", command);
    } else {
        struct buf ask = {0};
        buf_printf(&ask,
                   "IFS= read -r password; "
                   "if sudo -k -n true 2>/dev/null; then exec sudo -n %s; fi; "
                   "{ printf '%%s\\n' \"$password\"; exec cat; } | sudo -k -S -p '' %s",
                   command, command);
        buf_str(text, "exec sh -c ");
        buf_shell(text, ask.p, ask.len);
        buf_free(&ask);
    }
    ssh_words_add(w, buf_text(text));
}

void root_command(struct ssh_words *w, const struct machine *m, const char *command)
{
    /* The step library knows by it that root is whoever runs us. */
    static const char *const local[] = {"env", "DVO_LOCAL=1", "sh", "-c"};
    if (!m->local) {
        ssh_words_make(m, w);
        ssh_words_add(w, "--");
        ssh_words_add(w, m->host);
        root_words(w, m, command);
        return;
    }
    *w = (struct ssh_words){0};
    for (size_t i = 0; i < sizeof local / sizeof *local; i++)
        ssh_words_add(w, local[i]);
    buf_printf(&w->texts[5], "exec %s", command);
    ssh_words_add(w, buf_text(&w->texts[5]));
}

bool root_input(struct run *r, const struct machine *m, struct buf *in, struct fault *f)
{
    if (m->local || is_root(m) || !m->become)
        return true;
    const char *password = secret_get(r->secrets, m->become, f);
    if (!password)
        return false;
    if (strchr(password, '\n'))
        return fault_set(f, DVO_EINVAL, "the secret %s is no password: it has a newline",
                         m->become);
    buf_printf(in, "%s\n", password);
    return true;
}

void root_fault(const struct machine *m, const struct buf *err, struct fault *f)
{
    const char *said = buf_text(err);
    if (strstr(said, "a password is required"))
        fault_set(f, DVO_EAUTH,
                  "sudo asks %s for a password: let become_password: in inventory.yaml "
                  "name the secret that holds it, or allow sudo without one",
                  m->login);
    else if (strstr(said, "incorrect password") || strstr(said, "try again"))
        fault_set(f, DVO_EAUTH, "sudo does not accept the password of %s in secret %s",
                  m->login, m->become ? m->become : "");
    else if (strstr(said, "not found"))
        fault_set(f, DVO_EPERM, "%s is not root, and there is no sudo on the machine",
                  m->login);
    else
        fault_set(f, DVO_EPERM, "%s cannot become root with sudo", m->login);
    f->final = true;
    fault_words(f, said);
}

"""A fake cloud for the unit tests of sequences: things of any kind by POST /KIND, found by
GET /KIND?key=A,B, one by GET /KIND/ID, gone by DELETE unless another one `uses` it. Writes
what it has to the file given after each change, and how often each path was asked for.
While there is FILE.held, what was deleted is still in the lists; while there is FILE.slow, a
deletion is carried out but not answered. While there is FILE.out, who asks for one thing is told
503. While there is FILE.bare, lists are empty. While there is FILE.lost, nothing is where it was:
of lists it says so, for all else another server answers.
POST /login logs in to the project that is the mode. FILE.expired ends the session of who would make
something next, and becomes FILE.moved; while there is that one, logins lead to another project."""

import http.server
import json
import os
import sys
import threading
import time
import urllib.parse

STORE, LOCK = {"things": {}, "asked": {}, "made": {}}, threading.Lock()
FILE, MODE = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else ""


def save():
    with open(FILE + ".new", "w", encoding="utf-8") as out:
        json.dump(STORE, out)
    os.rename(FILE + ".new", FILE)


class Cloud(http.server.BaseHTTPRequestHandler):
    # An answer is written in two parts: the second one is not to wait for the other side.
    disable_nagle_algorithm = True
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, document=None, text=""):
        body = (text if document is None else json.dumps(document)).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def place(self):
        url = urllib.parse.urlsplit(self.path)
        parts = [*url.path.strip("/").split("/"), ""]
        query = {k: v[0] for k, v in urllib.parse.parse_qs(url.query).items()}
        ask = f"{self.command} {url.path}"
        STORE["asked"][ask] = STORE["asked"].get(ask, 0) + 1
        return parts[0], parts[1], query

    def do_GET(self):
        if "slow" in MODE and "?" in self.path:
            time.sleep(1)
        with LOCK:
            kind, name, query = self.place()
            things = STORE["things"].setdefault(kind, {})
            if not os.path.exists(FILE + ".held"):
                for gone in [n for n, thing in things.items() if thing.get("gone")]:
                    del things[gone]
            save()
            if kind == "limits":
                return self.answer(200, {"max": 2, "used": len(STORE["things"].get("servers", {}))})
            if name and os.path.exists(FILE + ".out"):
                return self.answer(503, {"error": {"message": "come again"}})
            if name and os.path.exists(FILE + ".lost"):
                return self.answer(404, text="<h1>Not Found</h1>")
            if name:
                thing = things.get(name)
                return self.answer(200 if thing else 404, thing or {"error": {"message": "no such thing"}})
            if os.path.exists(FILE + ".lost"):
                return self.answer(404, {"error": {"message": "not here"}})
            if os.path.exists(FILE + ".bare"):
                return self.answer(200, {"list": []})
            keys = query["key"].split(",") if "key" in query else None
            found = [t for t in things.values() if keys is None or t.get("key") in keys]
            if "page" in MODE:
                at = int(query.get("at", 0))
                if at and "short" in MODE:
                    return self.answer(404, {"error": {"message": "no such page"}})
                more = at + 1 < len(found) or "endless" in MODE
                rest = f"http://elsewhere/{kind}?at={at + 1}" if more else None
                return self.answer(200, {"list": found[at:at + 1], "next": rest})
            return self.answer(200, {"list": found})

    def do_POST(self):
        thing = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with LOCK:
            kind, _, _ = self.place()
            if kind == "login":
                save()
                project = "moved" if os.path.exists(FILE + ".moved") else MODE
                return self.answer(201, {"token": "t", "project": project})
            if os.path.exists(FILE + ".expired"):
                os.rename(FILE + ".expired", FILE + ".moved")
                save()
                return self.answer(401)
            n = STORE["made"][kind] = STORE["made"].get(kind, 0) + 1
            if thing.get("flavor") == "huge":
                save()
                return self.answer(400, {"error": {"message": "Flavor huge is unknown"}})
            if "late" in MODE and n == 1:
                threading.Timer(1.5, self.keep, (kind, thing, n)).start()
                save()
                self.close_connection = True
                return None
            self.keep_locked(kind, thing, n)
            if "lost" in MODE and n == 1:
                self.close_connection = True
                return None
            if "away" in MODE and kind == "servers" and n == 1:
                open(FILE + ".lost", "w", encoding="utf-8").close()
                self.close_connection = True
                return None
            return self.answer(202, {"id": f"{kind}-{n}"})

    def keep(self, kind, thing, n):
        with LOCK:
            self.keep_locked(kind, thing, n)

    def keep_locked(self, kind, thing, n):
        broken = "broken" in MODE and kind == "servers" and n == 1
        STORE["things"].setdefault(kind, {})[f"{kind}-{n}"] = {
            **thing, "id": f"{kind}-{n}", "status": "ERROR" if broken else "ACTIVE",
            "fault": "No valid host, come again" if broken else None}
        save()

    def do_DELETE(self):
        with LOCK:
            if "slow" in MODE:
                time.sleep(0.1)
            kind, name, _ = self.place()
            everything = [t for things in STORE["things"].values() for t in things.values()]
            if any(name and t.get("uses") == name for t in everything):
                save()
                return self.answer(409, {"error": {"message": "it is in use"}})
            gone = STORE["things"].setdefault(kind, {}).get(name)
            if gone and os.path.exists(FILE + ".held"):
                gone["gone"] = True
            elif gone:
                del STORE["things"][kind][name]
            save()
        while os.path.exists(FILE + ".slow"):
            time.sleep(0.02)
        return self.answer(204 if gone else 404)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_):
        """Those who ask are killed in the middle of it."""


server = Server(("127.0.0.1", 0), Cloud)
save()
print(server.server_port, flush=True)
server.serve_forever()

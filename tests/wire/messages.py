"""What each message of a kernel must look like: the Jupyter messaging protocol 5.5, JEP 65 (iopub_welcome), 91 (subshells)
and 92 (supported_features), as checks of their own. conftest.Kernel applies them to all that it receives."""

import datetime
import re
import uuid


class Wrong(AssertionError):
    pass


def whole(value):
    return isinstance(value, int) and not isinstance(value, bool)


def text(value):
    return isinstance(value, str)


def flag(value):
    return isinstance(value, bool)


def texts(value):
    return isinstance(value, list) and all(map(text, value))


def mapping(value):
    return isinstance(value, dict) and all(map(text, value))


def one_of(*allowed):
    return lambda value: value in allowed


def version(value):
    return text(value) and re.fullmatch(r"\d+\.\d+(\.\d+)?", value)


def bundle(value):
    """Data by MIME type: JSON as JSON, everything else as text."""
    return mapping(value) and all(
        re.fullmatch(r"[\w+.-]+/[\w+.-]+", mime) and (text(data) or mime.endswith("json"))
        for mime, data in value.items()
    )


def payloads(value):
    def is_payload(item):
        if item["source"] == "page":
            return set(item) == {"source", "data", "start"} and bundle(item["data"]) and text(item["data"]["text/plain"]) \
                and whole(item["start"])
        return set(item) == {"source", "text", "replace"} and item["source"] == "set_next_input" and text(item["text"]) \
            and flag(item["replace"])

    return isinstance(value, list) and all(map(is_payload, value))


def expressions(value):
    def is_answer(answer):
        if answer["status"] == "error":
            return all(ERROR[name](answer[name]) for name in ERROR)
        return set(answer) == {"status", "data", "metadata"} and bundle(answer["data"]) and mapping(answer["metadata"])

    return mapping(value) and all(map(is_answer, value.values()))


def history(value):
    return isinstance(value, list) and all(
        len(line) == 3 and whole(line[0]) and whole(line[1]) and
        (text(line[2]) or (len(line[2]) == 2 and text(line[2][0]) and (line[2][1] is None or text(line[2][1]))))
        for line in value
    )


def links(value):
    return isinstance(value, list) and all(set(link) == {"text", "url"} and all(map(text, link.values())) for link in value)


def language(value):
    return mapping(value) and {"name", "version", "mimetype", "file_extension"} <= set(value) and all(
        text(value[name]) for name in value
    ) and value["file_extension"].startswith(".")


def comms(value):
    return mapping(value) and all(set(comm) == {"target_name"} and text(comm["target_name"]) for comm in value.values())


ERROR = {"ename": text, "evalue": text, "traceback": texts}
OK = {"status": one_of("ok")}
PORTS = {name: whole for name in ("shell_port", "iopub_port", "stdin_port", "control_port", "hb_port")}
DISPLAY = {"data": bundle, "metadata": mapping, "transient": mapping}

# By message type: every field of the content. Of a reply, when its status is ok.
CONTENTS = {
    "execute_reply": {**OK, "execution_count": whole, "user_expressions": expressions, "payload": payloads},
    "inspect_reply": {**OK, "found": flag, "data": bundle, "metadata": mapping},
    "complete_reply": {**OK, "matches": texts, "cursor_start": whole, "cursor_end": whole, "metadata": mapping},
    "history_reply": {**OK, "history": history},
    "connect_reply": {**OK, **PORTS},
    "comm_info_reply": {**OK, "comms": comms},
    "kernel_info_reply": {
        **OK, "protocol_version": version, "implementation": text, "implementation_version": version,
        "language_info": language, "banner": text, "debugger": flag, "supported_features": texts, "help_links": links,
    },
    "shutdown_reply": {**OK, "restart": flag},
    "interrupt_reply": OK,
    "create_subshell_reply": {**OK, "subshell_id": text},
    "delete_subshell_reply": OK,
    "list_subshell_reply": {**OK, "subshell_id": texts},
    "execute_input": {"code": text, "execution_count": whole},
    "execute_result": {"execution_count": whole, "data": bundle, "metadata": mapping},
    "display_data": DISPLAY,
    "update_display_data": {**DISPLAY, "transient": lambda value: text(value["display_id"])},
    "clear_output": {"wait": flag},
    "stream": {"name": one_of("stdout", "stderr"), "text": lambda value: text(value) and value},
    "error": ERROR,
    "status": {"execution_state": one_of("busy", "idle", "starting")},
    "comm_close": {"comm_id": text, "data": mapping},
    "iopub_welcome": {"subscription": text},
    "input_request": {"prompt": text, "password": flag},
}
IS_COMPLETE = {
    "complete": {"status": text}, "invalid": {"status": text}, "unknown": {"status": text},
    "incomplete": {"status": text, "indent": text},
}
CELL_ERROR = {"execution_count": whole, "user_expressions": expressions, "payload": payloads}
DEBUG = {"type": one_of("response"), "seq": whole, "request_seq": whole, "success": flag, "command": text,
         "message": text, "body": mapping}
DEBUG_EVENT = {"type": one_of("event"), "seq": whole, "event": text, "body": mapping}
TYPES = {*CONTENTS, "is_complete_reply", "debug_reply", "debug_event"}


def fields_of(kind, content):
    """-> (checks of the fields, those of them that may be missing)"""
    status = content.get("status")
    if kind == "is_complete_reply" and status in IS_COMPLETE:
        return IS_COMPLETE[status], ()
    if kind == "debug_reply":
        return DEBUG, ("message",)
    if kind == "debug_event":
        return DEBUG_EVENT, ("body",)
    if kind.endswith("_reply") and status == "error":
        more = CELL_ERROR if kind == "execute_reply" else {}
        return {"status": text, **ERROR, **more}, ("user_expressions", "payload")
    if kind == "execute_reply" and status == "aborted":
        return {"status": text, "execution_count": whole}, ()
    if kind not in CONTENTS:
        raise Wrong(f"a {kind} is not known here")
    return CONTENTS[kind], ()


def check(condition, message, what):
    if not condition:
        raise Wrong(f"{message['msg_type']}: {what}: {message}")


def validate(message):
    """Checks one message as jupyter_client hands it out."""
    header, content = message["header"], message["content"]
    for name in ("msg_id", "msg_type", "session", "username"):
        check(text(header.get(name)) and header[name], message, f"header.{name}")
    check(str(uuid.UUID(header["session"])) == header["session"], message, "header.session is no UUID")
    check(header["version"] == "5.5", message, "header.version")
    check(isinstance(header["date"], datetime.datetime) and header["date"].tzinfo is not None, message, "header.date")
    check(mapping(message["metadata"]), message, "metadata")
    check(message["buffers"] == [], message, "buffers")
    parentless = header["msg_type"] in ("iopub_welcome", "debug_event") or content.get("execution_state") == "starting"
    check(bool(message["parent_header"]) != parentless, message, "parent_header")
    if header["msg_type"] == "execute_reply":
        started = datetime.datetime.fromisoformat(message["metadata"]["started"].replace("Z", "+00:00"))
        check(started <= header["date"], message, "metadata.started")
        check(message["metadata"]["status"] == content["status"], message, "metadata.status")
    fields, optional = fields_of(header["msg_type"], content)
    check(set(fields) - set(optional) <= set(content) <= set(fields), message, "fields of the content")
    for name in content:
        check(fields[name](content[name]), message, f"content.{name}")

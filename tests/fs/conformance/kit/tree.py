# SPDX-License-Identifier: Apache-2.0
"""RPCs as gestures in a mount: say(RPC, request) makes the gesture, and reads the answer from the tree's files.

A request that no gesture can say raises Unsayable with the reason. It knows no recordings.
"""

import errno
import json
import os
import shutil
import subprocess
import time

import lib


class Unsayable(Exception):
    pass


class Answer:
    """errno: name or "0"; status: by name where a draft's `error` says it; sentence: why it was refused."""

    def __init__(self, error="0", response=None, status=None, sentence=""):
        self.errno, self.response, self.status, self.sentence = error, response or {}, status, sentence


# --- names and files -------------------------------------------------------------------------------

def encode(name):
    """A name as the tree spells it."""
    data = name.encode()
    text = b"".join(b"%%%02X" % c if c < 32 or c in b"\x7f/%" or (c == ord(".") and not i) else bytes([c])
                    for i, c in enumerate(data))
    if not text:
        raise Unsayable("the path is the id, and none has an empty name")
    if len(text) > 255:
        raise Unsayable("a file name has at most 255 bytes")
    return text.decode()


def path_of(*names):
    return os.path.join(lib.M, *map(encode, names))


def domain_of(message):
    return path_of(message.get("project", ""), message.get("domain", ""))


def read_json(path):
    return json.loads(lib.read(path))


def try_call(function, *arguments):
    """A refusal's answer, or None. The sentence is what .flytefs/errors got; of a path that leads nowhere, the
    errno's."""
    before = lib.last_error()
    error = lib.code(function, *arguments)
    if error == "0":
        return None
    after = lib.last_error()
    return Answer(error, sentence=after.split("\t")[-1] if after != before else os.strerror(getattr(errno, error)))


# --- mounting ----------------------------------------------------------------------------------------

def unmount():
    """Returns when the daemon has closed the store."""
    subprocess.run(["fusermount3", "-u", lib.M], check=True)
    with open(lib.DB + ".lock", encoding="ascii") as f:
        pid = f.read().strip()
    deadline = time.monotonic() + 20
    while os.path.exists(f"/proc/{pid}/exe"):
        if time.monotonic() > deadline:
            raise SystemExit("the daemon did not end")
        time.sleep(0.002)


def mount(*options):
    subprocess.run([os.environ["FLYTEFS"], *options, "flyte.db", "mnt"], cwd=lib.T, check=True)


# --- documents in drafts ----------------------------------------------------------------------------

def write_json(path, message):
    lib.create(path, json.dumps(message, ensure_ascii=False, indent=1) + "\n")


def rename_onto(path, data):
    """The wire form: written beside, then renamed. EBADMSG is how a rename says EINVAL."""
    beside = os.path.join(os.path.dirname(path), "new")
    lib.create(beside, data)
    try:
        os.rename(beside, path)
    except OSError as e:
        raise OSError(errno.EINVAL if e.errno == errno.EBADMSG else e.errno, e.strerror) from e


def in_draft(draft, file, write, content):
    """Write a document into a new draft; what it says when refused is checked, and the draft dropped."""
    refusal = try_call(os.makedirs if draft.count("/") > lib.X.count("/") + 1 else os.mkdir, draft)
    if refusal:
        return refusal
    refusal = try_call(write, os.path.join(draft, file), content)
    if refusal:
        refusal.sentence, refusal.status = read_error(draft, refusal)
        shutil.rmtree(draft)
    return refusal


def read_error(draft, refusal):
    """`error` of a refused draft: the sentence that .flytefs/errors has too, then STATUS (ERRNO)."""
    sentence, status = lib.read(os.path.join(draft, "error")).splitlines()
    lib.same("sentence in .flytefs/errors", refusal.sentence, sentence)
    lib.same("errno in error", status.partition(" ")[2], f"({refusal.errno})")
    return sentence, status.partition(" ")[0]


# --- projects and entities --------------------------------------------------------------------------

def register_project(request):
    project = request["project"]
    return try_call(os.mkdir, path_of(project["id"])) or update_project(project)


def update_project(request):
    return try_call(lib.write_once, path_of(request["id"]) + "/project.json", json.dumps(request) + "\n") or Answer()


def register(folder):
    def gesture(request, data=None):
        """data: the request's wire form, given by rename; else the spec as JSON."""
        i = request["id"]
        draft = os.path.join(domain_of(i), folder, encode(i["name"]), encode(i["version"]))
        if os.path.isdir(draft):        # what flytefs generated is written over
            return try_call(write_json, draft + "/spec.json", request["spec"]) or Answer()
        if data is not None:
            return in_draft(draft, "spec.pb", rename_onto, data) or Answer()
        return in_draft(draft, "spec.json", write_json, request["spec"]) or Answer()
    return gesture


def update_launch_plan(request):
    i = request["id"]
    state = os.path.join(domain_of(i), "launch_plans", encode(i["name"]), encode(i["version"]), "state")
    return try_call(lib.write_once, state, request.get("state", "INACTIVE") + "\n") or Answer()


def get_entity(folder):
    def gesture(request):
        i = request["id"]
        directory = os.path.join(domain_of(i), folder, encode(i["name"]), encode(i["version"]))
        parts = ("closure", "spec") if folder == "launch_plans" else ("closure",)
        return try_call(os.stat, directory) or Answer(
            response={"id": i, **{part: read_json(f"{directory}/{part}.json") for part in parts}})
    return gesture


# --- executions: writing ------------------------------------------------------------------------------

def launched(request):
    return Answer(response={"id": {key: request[key] for key in ("project", "domain", "name")}})


def create_by_mkdir(request):
    """mkdir NAME, then the whole request as its spec.json."""
    draft = os.path.join(domain_of(request), "executions", encode(request["name"]))
    return in_draft(draft, "spec.json", write_json, request) or launched(request)


def create_by_spec(request):
    """The same with the ExecutionSpec, inputs in it."""
    spec = dict(request["spec"], inputs=request["inputs"])
    draft = os.path.join(domain_of(request), "executions", encode(request["name"]))
    return in_draft(draft, "spec.json", write_json, spec) or launched(request)


def create_by_rename(request, data):
    draft = os.path.join(domain_of(request), "executions", encode(request["name"]))
    return in_draft(draft, "spec.pb", rename_onto, data) or launched(request)


def create_by_file(request):
    """executions/NAME.json, or spec.json for a generated name; the response is read back."""
    name = encode(request["name"]) + ".json" if request.get("name") else "spec.json"
    path = os.path.join(domain_of(request), "executions", name)
    response = []
    return try_call(exchange, path, request, response) or Answer(response=json.loads(response[0]))


def exchange(path, request, response):
    with open(path, "xb+", buffering=0) as f:
        data = json.dumps(request).encode()
        if f.write(data) != len(data):
            raise OSError(errno.ENODATA, "short write")
        response.append(f.read())


def run_of(i):
    """An execution's directory, wherever it lies; of one that is nowhere, where it would be made."""
    domain, name = domain_of(i or {}), encode((i or {}).get("name", ""))
    archived = os.path.join(domain, "archived", name)
    return archived if os.path.exists(archived) else os.path.join(domain, "executions", name)


def terminate_execution(request):
    terminate = run_of(request.get("id")) + "/terminate"
    return try_call(lib.write_once, terminate, request.get("cause", "") + "\n") or Answer()


def again(verb):
    def gesture(request):
        run = run_of(request.get("id"))
        for key in request:
            if key not in ("id", "name"):
                raise Unsayable(f"{verb} takes a name, not {key}")
        refusal = try_call(lib.write_once, f"{run}/{verb}", request.get("name", "") + "\n")
        if refusal:
            return refusal
        name = os.path.basename(os.readlink(run + "/relaunched"))
        return Answer(response={"id": dict(request["id"], name=name)})
    return gesture


def update_execution(request):
    run, state = run_of(request.get("id")), request.get("state", "EXECUTION_ACTIVE")
    folder = {"EXECUTION_ARCHIVED": "archived", "EXECUTION_ACTIVE": "executions"}.get(state)
    if not folder:
        raise Unsayable("mv knows two states")
    to = os.path.join(domain_of(request["id"]), folder, os.path.basename(run))
    return try_call(os.rename, run, to) or Answer()


# --- executions: reading --------------------------------------------------------------------------------

def get_execution(request):
    run = run_of(request.get("id"))
    refusal = try_call(os.stat, run + "/execution.json")
    if refusal:
        return refusal
    message = read_json(run + "/execution.json")
    parts = {name: read_json(f"{run}/{name}.json") for name in ("id", "spec", "closure")}
    lib.same(f"execution.json of {run} and its parts", message, parts)
    check_result(run, message["closure"])
    return Answer(response=message)


def check_result(run, closure):
    """A oneof is which file exists."""
    phase = str(closure.get("phase", "UNDEFINED"))
    lib.same(f"phase of {run}", lib.read(run + "/phase").strip(), phase)
    for file, key, phases in (("outputs.json", None, ("SUCCEEDED",)),
                              ("error.json", "error", ("FAILED", "TIMED_OUT")),
                              ("abort_metadata.json", "abort_metadata", ("ABORTED",))):
        there = os.path.exists(f"{run}/{file}")
        lib.same(f"{file} of {run} in {phase}", there, phase in phases and (key is None or key in closure or there))
        if there and key:
            lib.same(f"{file} of {run}", read_json(f"{run}/{file}"), closure.get(key, {}))


def get_execution_data(request):
    run = run_of(request.get("id"))
    data = read_json(run + "/data.json")
    lib.same(f"inputs.json of {run}", read_json(run + "/inputs.json"), data.get("full_inputs", {}))
    if os.path.exists(run + "/outputs.json"):
        lib.same(f"outputs.json of {run}", read_json(run + "/outputs.json"), data.get("full_outputs", {}))
    return Answer(response=data)


# --- nodes and attempts -----------------------------------------------------------------------------------

def node_of(i):
    """A node's directory: in nodes/ of the execution, or of the node that made it."""
    def find(nodes):
        names = os.listdir(nodes) if os.path.isdir(nodes) else []
        if encode(i["node_id"]) in names:
            return os.path.join(nodes, encode(i["node_id"]))
        return next((found for name in names if (found := find(os.path.join(nodes, name, "nodes")))), None)
    return find(run_of(i["execution_id"]) + "/nodes")


def nowhere():
    return Answer("ENOENT", sentence=os.strerror(errno.ENOENT))


def node_message(directory):
    return {"id": {"node_id": os.path.basename(directory)}, "closure": read_json(directory + "/closure.json")}


def attempt_message(directory):
    attempt = int(os.path.basename(directory))
    return {"id": {"retry_attempt": attempt}, "closure": read_json(directory + "/closure.json")}


def get_node_execution(request):
    node = node_of(request["id"])
    return Answer(response=node_message(node)) if node else nowhere()


def get_node_data(request):
    node = node_of(request["id"])
    files = (("full_inputs", "/inputs.json"), ("full_outputs", "/outputs.json"))
    return Answer(response={key: read_json(node + file) if os.path.exists(node + file) else {} for key, file in files})


def check_plain(request, key, what):
    """ls answers without conditions, pages and orders but its own."""
    plain = {"key": key, "direction": "ASCENDING"}
    if "filters" in request or request.get("limit", 0) < 10 or "token" in request or \
            request.get("sort_by", plain) != plain:
        raise Unsayable(f"{what} is listed whole, by name")


def list_nodes(request):
    check_plain(request, "node_id", "nodes/")
    parent = request.get("unique_parent_id")
    nodes = run_of(request["workflow_execution_id"]) + "/nodes"
    if parent:
        nodes = node_of({"node_id": parent, "execution_id": request["workflow_execution_id"]})
        if not nodes:
            return nowhere()
        nodes += "/nodes"
    names = sorted(os.listdir(nodes)) if os.path.isdir(nodes) else []
    return Answer(response={"node_executions": [node_message(f"{nodes}/{name}") for name in names]} if names else {})


def attempts_of(i):
    node = node_of(i)
    numbers = sorted(map(int, os.listdir(node + "/attempts"))) if node else []
    return [f"{node}/attempts/{n}" for n in numbers]


def get_task_execution(request):
    i = request["id"]
    directory = f"{node_of(i['node_execution_id'])}/attempts/{i.get('retry_attempt', 0)}"
    return try_call(os.stat, directory) or Answer(response=attempt_message(directory))


def list_attempts(request):
    check_plain(request, "id", "attempts/")
    attempts = list(map(attempt_message, attempts_of(request["node_execution_id"])))
    return Answer(response={"task_executions": attempts} if attempts else {})


# --- lists --------------------------------------------------------------------------------------------------

# The words that a query begins with, and what the rows are called.
LISTED = {"ListExecutions": ([], "executions"), "ListTasks": (["tasks"], "tasks"),
          "ListWorkflows": (["workflows"], "workflows"), "ListLaunchPlans": (["launch_plans"], "launch_plans"),
          "ListActiveLaunchPlans": (["launch_plans", "state=ACTIVE"], "launch_plans")}
# Words of query/ for executions: as sort keys Flyte refuses them or means something else.
OWN_WORDS = ("name", "updated_at", "launch_plan", "workflow", "task", "tag")


def escape(text):
    return text.replace("%", "%25").replace("/", "%2F")


def flyte_filters(text):
    """Flyte's own language as it is; what it would not be taken for can't be said."""
    signs = [c for c in text if c in "(!=<>~"]
    if signs[:1] != ["("]:
        raise Unsayable("without a parenthesis a condition is query/'s own spelling")
    return escape(text)


SIGNS = {"eq": "=", "ne": "!=", "gt": ".gt=", "gte": ".gte=", "lt": ".lt=", "lte": ".lte=", "contains": "~",
         "value_in": "=", "value_not_in": "!="}


def shell_filters(text):
    """The same in the shell's spelling; None where a word means something else in it."""
    conditions = []
    for part in text.split("+"):
        function, _, rest = part.partition("(")
        field, _, value = rest.removesuffix(")").partition(",")
        several = function in ("value_in", "value_not_in")
        plain = value and not set(value) & set("(),+ ") and (several == (";" in value))
        if not part.endswith(")") or function not in SIGNS or not plain or field in ("execution_project", "phase") \
                or field in OWN_WORDS or field.startswith("execution.") or field.endswith("_at") \
                or (field in ("mode", "state") and not value.replace(";", "").isdigit()):
            return None
        conditions.append(f"{field}{SIGNS[function]}{escape(value)}")
    return ",".join(conditions)


def queries(rpc, request):
    """The names in query/ that ask for a list."""
    i, sort, head = request.get("id", {}), request.get("sort_by"), LISTED[rpc][0]
    tail = [f"name={escape(i['name'])}"] if i.get("name") else []
    if sort is not None:
        tail.append(sort_condition(sort, rpc == "ListExecutions"))
    tail.append(f"limit={request.get('limit', 0)}")
    if "token" in request:
        tail.append(f"token={escape(request['token'])}")
    filters = request.get("filters", "")
    spelt = [flyte_filters(filters), shell_filters(filters)] if filters else [""]
    return [",".join([*head, *([text] if text else []), *tail]) for text in spelt if text is not None]


def sort_condition(sort, executions):
    key, direction = sort.get("key", ""), sort.get("direction", "DESCENDING")
    if direction not in ("ASCENDING", "DESCENDING"):
        raise Unsayable("sort= knows two directions")
    if executions and (key in OWN_WORDS or key.startswith("execution.")):
        raise Unsayable("the sort key is a word of query/ with a meaning of its own")
    return "sort=" + ("-" if direction == "DESCENDING" else "") + escape(key)


def ask(rpc, request, query):
    """One spelling: list.json, whose rows the links must repeat, and the token, which next must have."""
    place = request if rpc == "ListActiveLaunchPlans" else request.get("id", {})
    directory = os.path.join(domain_of(place), "query", query)
    if len(query.encode()) > 255:
        raise Unsayable("a file name has at most 255 bytes")
    refusal = try_call(os.stat, directory)
    if refusal:
        return refusal
    response = read_json(directory + "/list.json")
    rows = response.get(LISTED[rpc][1], [])
    links = [entry for entry in os.listdir(directory) if entry not in ("list.json", "next")]
    lib.same(f"links of {query}", links, [link_of(row["id"]) for row in rows])
    for row, link in list(zip(rows, links))[:2]:
        target = read_json(f"{directory}/{link}/{'id' if rpc == 'ListExecutions' else 'closure'}.json")
        lib.check(target, f"{link} leads nowhere")
        if rpc == "ListExecutions":
            lib.same(f"{link} in {query}", target, row["id"])
    check_next(directory, query, response.get("token"))
    return Answer(response=response)


def link_of(i):
    return encode(f"{i['name']}@{i['version']}" if "version" in i else i["name"])


def check_next(directory, query, token):
    lib.same(f"next in {query}", os.path.lexists(directory + "/next"), bool(token))
    if token:
        kept = [part for part in query.split(",") if not part.startswith("token=")]
        lib.same(f"next of {query}", os.readlink(directory + "/next"), "../" + ",".join([*kept, f"token={token}"]))


def list_of(rpc):
    def gesture(request):
        """All spellings must give the same."""
        answers = [ask(rpc, request, query) for query in queries(rpc, request)]
        for other in answers[1:]:
            lib.check((other.errno, other.response) == (answers[0].errno, answers[0].response),
                      f"{' and '.join(queries(rpc, request))} differ")
        return answers[0]
    return gesture


def list_ids(folder):
    """Flyte ignores filters here."""
    return lambda request: list_names(folder)({key: request[key] for key in request if key != "filters"})


def list_names(folder):
    def gesture(request):
        check_plain(request, "name", folder + "/")
        return Answer(response={"entities": [{"name": name} for name in os.listdir(f"{domain_of(request)}/{folder}")]})
    return gesture


def list_entities(request):
    folder = {"TASK": "tasks", "WORKFLOW": "workflows", "LAUNCH_PLAN": "launch_plans"}.get(request.get("resource_type"))
    if not folder:
        raise Unsayable("the folder is the resource type")
    return list_names(folder)(request)


def list_projects(request):
    if request:
        raise Unsayable("the mount's root lists every project, by name")
    return Answer(response={"projects": [{"id": name} for name in os.listdir(lib.M) if name != "README"]})


# --- by name --------------------------------------------------------------------------------------------------

GESTURES = {
    "RegisterProject": register_project, "UpdateProject": update_project, "CreateTask": register("tasks"),
    "CreateWorkflow": register("workflows"), "CreateLaunchPlan": register("launch_plans"),
    "UpdateLaunchPlan": update_launch_plan, "GetTask": get_entity("tasks"), "GetWorkflow": get_entity("workflows"),
    "GetLaunchPlan": get_entity("launch_plans"), "CreateExecution": create_by_file,
    "TerminateExecution": terminate_execution, "RelaunchExecution": again("relaunch"),
    "RecoverExecution": again("recover"), "UpdateExecution": update_execution, "GetExecution": get_execution,
    "GetExecutionData": get_execution_data, "GetNodeExecution": get_node_execution,
    "GetNodeExecutionData": get_node_data, "ListNodeExecutions": list_nodes,
    "GetTaskExecution": get_task_execution, "ListTaskExecutions": list_attempts,
    "ListTaskIds": list_ids("tasks"), "ListWorkflowIds": list_ids("workflows"),
    "ListLaunchPlanIds": list_ids("launch_plans"), "ListNamedEntities": list_entities, "ListProjects": list_projects,
    **{rpc: list_of(rpc) for rpc in LISTED},
}


def say(rpc, request):
    if rpc not in GESTURES:
        raise Unsayable(f"{rpc} has no gesture")
    return GESTURES[rpc](request or {})

/* SPDX-License-Identifier: Apache-2.0 */
/* The table behind rpcs.h; the functions get their own argument types back here. */
#include "rpcs.h"

#define WRITE(function, type)                                                                      \
	static void function(struct fly_admin *a, struct fly_call *call,                           \
			     const ProtobufCMessage *req)                                          \
	{                                                                                          \
		fly_admin_##function(a, call, (const type *)req);                                  \
	}

#define READ(function, type, answer)                                                               \
	static int function(struct fly_db *db, const ProtobufCMessage *req,                        \
			    struct fly_arena *arena, ProtobufCMessage **out, struct fly_why *why)  \
	{                                                                                          \
		answer *m;                                                                         \
		int rc = fly_admin_##function(db, (const type *)req, arena, &m, why);              \
                                                                                                   \
		if (rc >= 0)                                                                       \
			*out = &m->base;                                                           \
		return rc;                                                                         \
	}

#define EVENT(function, type, ...)                                                                 \
	static int function(struct fly_admin *a, struct fly_db *db, const ProtobufCMessage *req,   \
			    struct fly_why *why)                                                   \
	{                                                                                          \
		return fly_admin_##function(a, db, (const type *)req, ##__VA_ARGS__, why);         \
	}

#define IDS(function, kind)                                                                        \
	static int function(struct fly_db *db, const ProtobufCMessage *req,                        \
			    struct fly_arena *arena, ProtobufCMessage **out, struct fly_why *why)  \
	{                                                                                          \
		Flyteidl__Admin__NamedEntityIdentifierList *m;                                     \
		int rc = fly_admin_list_ids(                                                       \
			db, kind, (const Flyteidl__Admin__NamedEntityIdentifierListRequest *)req,  \
			arena, &m, why);                                                           \
                                                                                                   \
		if (rc >= 0)                                                                       \
			*out = &m->base;                                                           \
		return rc;                                                                         \
	}

WRITE(create_execution, Flyteidl__Admin__ExecutionCreateRequest)
WRITE(relaunch_execution, Flyteidl__Admin__ExecutionRelaunchRequest)
WRITE(recover_execution, Flyteidl__Admin__ExecutionRecoverRequest)
WRITE(terminate_execution, Flyteidl__Admin__ExecutionTerminateRequest)
WRITE(update_execution, Flyteidl__Admin__ExecutionUpdateRequest)
WRITE(register_project, Flyteidl__Admin__ProjectRegisterRequest)
WRITE(update_project, Flyteidl__Admin__Project)
WRITE(create_task, Flyteidl__Admin__TaskCreateRequest)
WRITE(create_workflow, Flyteidl__Admin__WorkflowCreateRequest)
WRITE(create_launch_plan, Flyteidl__Admin__LaunchPlanCreateRequest)
WRITE(update_launch_plan, Flyteidl__Admin__LaunchPlanUpdateRequest)
WRITE(update_named_entity, Flyteidl__Admin__NamedEntityUpdateRequest)

READ(get_execution, Flyteidl__Admin__WorkflowExecutionGetRequest, Flyteidl__Admin__Execution)
READ(get_execution_data, Flyteidl__Admin__WorkflowExecutionGetDataRequest,
     Flyteidl__Admin__WorkflowExecutionGetDataResponse)
READ(list_executions, Flyteidl__Admin__ResourceListRequest, Flyteidl__Admin__ExecutionList)
READ(get_project, Flyteidl__Admin__ProjectGetRequest, Flyteidl__Admin__Project)
READ(list_projects, Flyteidl__Admin__ProjectListRequest, Flyteidl__Admin__Projects)
READ(get_task, Flyteidl__Admin__ObjectGetRequest, Flyteidl__Admin__Task)
READ(list_tasks, Flyteidl__Admin__ResourceListRequest, Flyteidl__Admin__TaskList)
READ(get_workflow, Flyteidl__Admin__ObjectGetRequest, Flyteidl__Admin__Workflow)
READ(list_workflows, Flyteidl__Admin__ResourceListRequest, Flyteidl__Admin__WorkflowList)
READ(get_launch_plan, Flyteidl__Admin__ObjectGetRequest, Flyteidl__Admin__LaunchPlan)
READ(get_active_launch_plan, Flyteidl__Admin__ActiveLaunchPlanRequest, Flyteidl__Admin__LaunchPlan)
READ(list_launch_plans, Flyteidl__Admin__ResourceListRequest, Flyteidl__Admin__LaunchPlanList)
READ(list_active_launch_plans, Flyteidl__Admin__ActiveLaunchPlanListRequest,
     Flyteidl__Admin__LaunchPlanList)
READ(get_named_entity, Flyteidl__Admin__NamedEntityGetRequest, Flyteidl__Admin__NamedEntity)
READ(list_named_entities, Flyteidl__Admin__NamedEntityListRequest,
     Flyteidl__Admin__NamedEntityList)
READ(get_node_execution, Flyteidl__Admin__NodeExecutionGetRequest, Flyteidl__Admin__NodeExecution)
READ(get_node_execution_data, Flyteidl__Admin__NodeExecutionGetDataRequest,
     Flyteidl__Admin__NodeExecutionGetDataResponse)
READ(list_node_executions, Flyteidl__Admin__NodeExecutionListRequest,
     Flyteidl__Admin__NodeExecutionList)
READ(list_node_executions_for_task, Flyteidl__Admin__NodeExecutionForTaskListRequest,
     Flyteidl__Admin__NodeExecutionList)
READ(get_task_execution, Flyteidl__Admin__TaskExecutionGetRequest, Flyteidl__Admin__TaskExecution)
READ(get_task_execution_data, Flyteidl__Admin__TaskExecutionGetDataRequest,
     Flyteidl__Admin__TaskExecutionGetDataResponse)
READ(list_task_executions, Flyteidl__Admin__TaskExecutionListRequest,
     Flyteidl__Admin__TaskExecutionList)
IDS(list_task_ids, FLY_KIND_TASK)
IDS(list_workflow_ids, FLY_KIND_WORKFLOW)
IDS(list_launch_plan_ids, FLY_KIND_LAUNCH_PLAN)

EVENT(workflow_event, Flyteidl__Admin__WorkflowExecutionEventRequest)
EVENT(node_event, Flyteidl__Admin__NodeExecutionEventRequest, 0, NULL)
EVENT(task_event, Flyteidl__Admin__TaskExecutionEventRequest, 0, NULL)

#define ROW(rpc, type, member) {rpc, &flyteidl__admin__##type##__descriptor, member}

static const struct driver_rpc rpcs[] = {
	ROW("CreateExecution", execution_create_request, .write = create_execution),
	ROW("RelaunchExecution", execution_relaunch_request, .write = relaunch_execution),
	ROW("RecoverExecution", execution_recover_request, .write = recover_execution),
	ROW("TerminateExecution", execution_terminate_request, .write = terminate_execution),
	ROW("UpdateExecution", execution_update_request, .write = update_execution),
	ROW("RegisterProject", project_register_request, .write = register_project),
	ROW("UpdateProject", project, .write = update_project),
	ROW("CreateTask", task_create_request, .write = create_task),
	ROW("CreateWorkflow", workflow_create_request, .write = create_workflow),
	ROW("CreateLaunchPlan", launch_plan_create_request, .write = create_launch_plan),
	ROW("UpdateLaunchPlan", launch_plan_update_request, .write = update_launch_plan),
	ROW("UpdateNamedEntity", named_entity_update_request, .write = update_named_entity),
	ROW("CreateWorkflowEvent", workflow_execution_event_request, .event = workflow_event),
	ROW("CreateNodeEvent", node_execution_event_request, .event = node_event),
	ROW("CreateTaskEvent", task_execution_event_request, .event = task_event),
	ROW("GetExecution", workflow_execution_get_request, .read = get_execution),
	ROW("GetExecutionData", workflow_execution_get_data_request, .read = get_execution_data),
	ROW("ListExecutions", resource_list_request, .read = list_executions),
	ROW("GetProject", project_get_request, .read = get_project),
	ROW("ListProjects", project_list_request, .read = list_projects),
	ROW("GetTask", object_get_request, .read = get_task),
	ROW("ListTasks", resource_list_request, .read = list_tasks),
	ROW("GetWorkflow", object_get_request, .read = get_workflow),
	ROW("ListWorkflows", resource_list_request, .read = list_workflows),
	ROW("GetLaunchPlan", object_get_request, .read = get_launch_plan),
	ROW("GetActiveLaunchPlan", active_launch_plan_request, .read = get_active_launch_plan),
	ROW("ListLaunchPlans", resource_list_request, .read = list_launch_plans),
	ROW("ListActiveLaunchPlans", active_launch_plan_list_request,
	    .read = list_active_launch_plans),
	ROW("GetNamedEntity", named_entity_get_request, .read = get_named_entity),
	ROW("ListNamedEntities", named_entity_list_request, .read = list_named_entities),
	ROW("ListTaskIds", named_entity_identifier_list_request, .read = list_task_ids),
	ROW("ListWorkflowIds", named_entity_identifier_list_request, .read = list_workflow_ids),
	ROW("ListLaunchPlanIds", named_entity_identifier_list_request,
	    .read = list_launch_plan_ids),
	ROW("GetNodeExecution", node_execution_get_request, .read = get_node_execution),
	ROW("GetNodeExecutionData", node_execution_get_data_request,
	    .read = get_node_execution_data),
	ROW("ListNodeExecutions", node_execution_list_request, .read = list_node_executions),
	ROW("ListNodeExecutionsForTask", node_execution_for_task_list_request,
	    .read = list_node_executions_for_task),
	ROW("GetTaskExecution", task_execution_get_request, .read = get_task_execution),
	ROW("GetTaskExecutionData", task_execution_get_data_request,
	    .read = get_task_execution_data),
	ROW("ListTaskExecutions", task_execution_list_request, .read = list_task_executions),
};

const struct driver_rpc *driver_rpc_find(const char *name)
{
	size_t i;

	for (i = 0; i < FLY_ARRAY_LEN(rpcs); i++) {
		if (!strcmp(rpcs[i].name, name))
			return &rpcs[i];
	}
	return NULL;
}

int driver_event_apply(struct fly_db *db, struct fly_work *work, struct fly_why *why)
{
	struct driver_event *event = (struct driver_event *)work;

	return event->rpc->event(event->admin, db, event->request, why);
}

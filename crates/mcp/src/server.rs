//! The adapter to the SDK: what the protocol asks, answered from our table.

use std::borrow::Cow;
use std::sync::Arc;

use adjutant_app::Home;
use adjutant_outbound::process::Environment;
use adjutant_wire::{Exit, Failure};
use adjutant_work::access::Right;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, CustomRequest,
    CustomResult, ErrorCode, ErrorData, GetPromptRequestParams, GetPromptResponse, GetPromptResult,
    Implementation, ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult,
    ListToolsResult, PaginatedRequestParams, Prompt, PromptMessage, ProtocolVersion,
    ReadResourceRequestParams, ReadResourceResponse, ReadResourceResult, Resource,
    ResourceContents, ResourceTemplate, Role, ServerCapabilities, ServerConfig, Tool,
    ToolAnnotations,
};
use rmcp::service::RequestContext;
use rmcp::{RoleServer, ServerHandler};
use serde_json::{Value, json};

use crate::answer::{Answer, Declined};
use crate::caller::ToolCaller;
use crate::resources::{RESOURCES, ResourceRow};
use crate::room::{Pace, Work, Working, Workroom};
use crate::tool::{Errand, ToolRow};
use crate::tools::TOOLS;
use crate::{prompts, resources};

/// What a client is told about the whole.
const INSTRUCTIONS: &str = "Adjutant hands out work to agents and accepts it on evidence. Begin with \
    now, then claim; heartbeat while you work; commit, then complete. A refusal says what to do next; \
    where it names a command such as adjutant task claim, the tool of that name does the same.";

/// The revisions that are spoken: with a handshake, and without.
const REVISIONS: &[ProtocolVersion] =
    &[ProtocolVersion::V_2025_11_25, ProtocolVersion::V_2026_07_28];

/// Where tools work.
#[derive(Debug, Clone)]
pub struct ToolGround {
    /// Where the settings and the state are.
    pub home: Home,
    /// What programs see of the environment.
    pub environment: Environment,
}

/// A server for one caller.
#[derive(Clone)]
pub struct McpServer(Arc<Serving>);

struct Serving {
    room: Arc<dyn Workroom>,
    ground: ToolGround,
    caller: ToolCaller,
}

impl McpServer {
    /// Answers to one caller, and works in a room.
    pub fn new(room: Arc<dyn Workroom>, ground: ToolGround, caller: ToolCaller) -> Self {
        Self(Arc::new(Serving {
            room,
            ground,
            caller,
        }))
    }

    /// Has something done in the room, for the caller.
    async fn carry_out(
        &self,
        pace: Pace,
        job: impl for<'a> FnOnce(Errand<'a>) -> Working<'a> + Send + 'static,
    ) -> Answer {
        let serving = Arc::clone(&self.0);
        let work: Work = Box::new(move |store| {
            Box::pin(async move {
                let errand = Errand {
                    store,
                    ground: &serving.ground,
                    caller: &serving.caller,
                };
                job(errand).await
            })
        });
        self.0.room.carry_out(pace, work).await
    }

    async fn call(&self, tool: &'static ToolRow, arguments: Value) -> Answer {
        self.allow(tool.right)?;
        let needed = match &tool.look {
            None => arguments,
            Some(look) => {
                let seen = self.carry_out(Pace::Reads, |errand| look(errand, arguments));
                serde_json::from_str(&seen.await?).map_err(|error| Failure::defect(&error))?
            }
        };
        self.carry_out(tool.pace, |errand| (tool.run)(errand, needed))
            .await
    }

    async fn read(&self, row: &'static ResourceRow, name: String) -> Answer {
        self.allow(Right::Read)?;
        self.carry_out(row.pace, |errand| (row.read)(errand, name))
            .await
    }

    fn allow(&self, right: Right) -> Result<(), Declined> {
        let caller = &self.0.caller;
        if caller.may(right) {
            return Ok(());
        }
        let what = right.name().replace('_', " an ");
        Err(Declined::usage(
            format!("{} may not {what}", caller.told()),
            "Ask an administrator to do it.",
        ))
    }
}

impl ServerHandler for McpServer {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder()
            .enable_tools()
            .enable_resources()
            .enable_prompts()
            .build();
        let mut info = ServerConfig::new(capabilities).with_instructions(INSTRUCTIONS);
        info.server_info = Implementation::new("adjutant", env!("CARGO_PKG_VERSION"));
        info
    }

    fn supported_protocol_versions(&self) -> Cow<'static, [ProtocolVersion]> {
        Cow::Borrowed(REVISIONS)
    }

    async fn list_tools(
        &self,
        _page: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let usable = TOOLS.iter().filter(|row| self.0.caller.may(row.right));
        Ok(ListToolsResult::with_all_items(usable.map(told).collect()))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let Some(tool) = TOOLS.iter().find(|row| row.name == request.name) else {
            let problem = format!("there is no tool {}", request.name);
            return Err(ErrorData::invalid_params(problem, None));
        };
        let arguments = Value::Object(request.arguments.unwrap_or_default());
        Ok(result(self.call(tool, arguments).await).into())
    }

    async fn list_resources(
        &self,
        _page: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        let whole = RESOURCES.iter().filter(|row| !row.address.contains('{'));
        let told = whole.map(|row| {
            Resource::new(row.address, row.name)
                .with_description(row.description)
                .with_mime_type(row.media)
        });
        Ok(ListResourcesResult::with_all_items(told.collect()))
    }

    async fn list_resource_templates(
        &self,
        _page: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        let templates = RESOURCES.iter().filter(|row| row.address.contains('{'));
        let told = templates.map(|row| {
            ResourceTemplate::new(row.address, row.name)
                .with_description(row.description)
                .with_mime_type(row.media)
        });
        Ok(ListResourceTemplatesResult::with_all_items(told.collect()))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let Some((row, name)) = resources::find(&request.uri) else {
            let problem = format!("there is no resource {}", request.uri);
            return Err(ErrorData::resource_not_found(problem, None));
        };
        let text = self.read(row, name).await.map_err(error_of)?;
        let contents = ResourceContents::text(text, request.uri).with_mime_type(row.media);
        Ok(ReadResourceResult::new(vec![contents]).into())
    }

    async fn list_prompts(
        &self,
        _page: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        let names = adjutant_app::known_roles(&self.0.ground.home)
            .map_err(|error| error_of(Failure::from(error).into()))?;
        let told = names.into_iter().map(|found| {
            let name = found.role.name.to_string();
            let description = format!("Work in the role {name}.");
            Prompt::new(name, Some(description), None)
        });
        Ok(ListPromptsResult::with_all_items(told.collect()))
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        let text = prompts::of_role(&self.0.ground.home, &request.name).map_err(error_of)?;
        let message = PromptMessage::new_text(Role::User, text);
        Ok(GetPromptResult::new(vec![message]).into())
    }

    /// A method that nobody knows; or one that is known, with parameters that cannot be read.
    async fn on_custom_request(
        &self,
        request: CustomRequest,
        _context: RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        let method = request.method;
        Err(if METHODS.contains(&method.as_str()) {
            let problem = format!("the parameters of {method} cannot be read");
            ErrorData::invalid_params(problem, None)
        } else {
            let problem = format!("there is no method {method}");
            ErrorData::new(ErrorCode::METHOD_NOT_FOUND, problem, None)
        })
    }
}

/// Methods whose parameters have a shape.
const METHODS: [&str; 8] = [
    "initialize",
    "tools/call",
    "tools/list",
    "resources/list",
    "resources/templates/list",
    "resources/read",
    "prompts/list",
    "prompts/get",
];

/// A tool as clients see it.
fn told(row: &ToolRow) -> Tool {
    let tool = Tool::new(row.name, row.description, row.input.clone());
    if row.right == Right::Read {
        return tool.with_annotations(ToolAnnotations::new().read_only(true));
    }
    tool
}

/// One text, because clients hand each part of an answer to the agent; a refusal also as the JSON that
/// the command line prints.
fn result(answer: Answer) -> CallToolResult {
    match answer {
        Ok(text) => CallToolResult::success(vec![ContentBlock::text(text)]),
        Err(declined) => {
            let mut result = CallToolResult::error(vec![ContentBlock::text(declined.text())]);
            result.structured_content = declined.refused;
            result
        }
    }
}

/// What is no tool's answer is an error of the protocol, with what to do next as its data.
fn error_of(declined: Declined) -> ErrorData {
    let code = match declined.exit {
        Exit::Usage => ErrorCode::INVALID_PARAMS,
        Exit::Refused | Exit::Undecided => ErrorCode::RESOURCE_NOT_FOUND,
        Exit::Internal | Exit::Done | Exit::ShadowOnly | Exit::Rejected => {
            ErrorCode::INTERNAL_ERROR
        }
    };
    let data = json!({ "next": declined.next });
    ErrorData::new(code, declined.problem, Some(data))
}

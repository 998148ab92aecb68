-- Opens the example in a real Neovim, asks the language server what a user would, and writes the answers as JSON.
-- Usage: PYTHON, FOLDER and OUT are in the environment.
local folder, out = vim.env.FOLDER, vim.env.OUT
vim.cmd("edit " .. folder .. "/home.nix")
local buffer = vim.api.nvim_get_current_buf()
local client = vim.lsp.start_client({
  name = "hmeval",
  cmd = { vim.env.PYTHON, "-m", "hmeval", "lsp" },
  root_dir = folder,
  workspace_folders = { { uri = vim.uri_from_fname(folder), name = folder } },
  init_options = { hmeval = { target = "--file home.nix --offline", trust = "always" } },
})
vim.lsp.buf_attach_client(buffer, client)
vim.wait(40000, function()
  return vim.lsp.get_client_by_id(client).initialized
end, 50)

local function ask(method, line, column)
  local params = {
    textDocument = { uri = vim.uri_from_bufnr(buffer) },
    position = { line = line, character = column },
  }
  local answers = vim.lsp.buf_request_sync(buffer, method, params, 20000) or {}
  return (answers[client] or {}).result
end

local function place(text, after)
  for number, line in ipairs(vim.api.nvim_buf_get_lines(buffer, 0, -1, false)) do
    local start = line:find(text, 1, true)
    if start then
      return number - 1, start - 1 + (after or 0)
    end
  end
end

local function hover()
  local found = ask("textDocument/hover", place("username", 1))
  return found and found.contents.value or ""
end

local answers = {}
vim.wait(40000, function()
  answers.hover = hover()
  return answers.hover:find("Value") and not answers.hover:find("*From", 1, true)
end, 200)
answers.definition = ask("textDocument/definition", place("./git.nix", 3))

local line = place("programs.jq.enable")
vim.api.nvim_buf_set_lines(buffer, line, line + 1, false, { "  programs.git.", "  programs.jq.enabel = true;" })
answers.completion = ask("textDocument/completion", place("programs.git.", 13))
vim.api.nvim_buf_set_lines(buffer, line, line + 1, false, {})
vim.wait(20000, function()
  answers.diagnostics = vim.diagnostic.get(buffer)
  return #answers.diagnostics > 0
end, 100)
for _, one in ipairs(answers.diagnostics) do
  one.user_data = nil
end


local file = io.open(out, "w")
file:write(vim.fn.json_encode(answers))
file:close()
vim.lsp.stop_client(client)
vim.cmd("qall!")

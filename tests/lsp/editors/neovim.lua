-- With the documented settings loaded: opens the example, asks what a user would, and writes the answers as JSON.
-- FOLDER and OUT are in the environment.
local folder, out = vim.env.FOLDER, vim.env.OUT
vim.cmd("edit " .. folder .. "/home.nix")
local buffer = vim.api.nvim_get_current_buf()

local function clients()
  local get = vim.lsp.get_clients and function()
    return vim.lsp.get_clients({ bufnr = buffer })
  end
  return (get or function()
    return vim.lsp.buf_get_clients(buffer)
  end)()
end

local function ask(method, line, column)
  local params = {
    textDocument = { uri = vim.uri_from_bufnr(buffer) },
    position = { line = line, character = column },
  }
  local _, answer = next(vim.lsp.buf_request_sync(buffer, method, params, 20000) or {})
  return (answer or {}).result
end

local function place(text, after)
  for number, line in ipairs(vim.api.nvim_buf_get_lines(buffer, 0, -1, false)) do
    local start = line:find(text, 1, true)
    if start then
      return number - 1, start - 1 + (after or 0)
    end
  end
end

local answers = {}
vim.wait(40000, function()
  local _, client = next(clients())
  return client and client.initialized
end, 50)

vim.wait(40000, function()
  local found = ask("textDocument/hover", place("username", 1))
  answers.hover = found and found.contents.value or ""
  return answers.hover:find("Value") and not answers.hover:find("*From", 1, true)
end, 200)
answers.definition = ask("textDocument/definition", place("./git.nix", 3))[1].uri

local line = place("programs.jq.enable")
vim.api.nvim_buf_set_lines(buffer, line, line + 1, false, { "  programs.git.", "  programs.jq.enabel = true;" })
answers.completion = {}
for _, item in ipairs(ask("textDocument/completion", place("programs.git.", 13)).items) do
  table.insert(answers.completion, item.label)
end
vim.api.nvim_buf_set_lines(buffer, line, line + 1, false, {})
answers.diagnostics = {}
vim.wait(20000, function()
  for _, one in ipairs(vim.diagnostic.get(buffer)) do
    table.insert(answers.diagnostics, one.message)
  end
  return #answers.diagnostics > 0
end, 100)

local file = io.open(out, "w")
file:write(vim.fn.json_encode(answers))
file:close()
vim.cmd("qall!")

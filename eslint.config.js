// Read by `make style`. The packages live in noVNC/, hence the long import paths.
import js from "./noVNC/node_modules/@eslint/js/src/index.js";
import globals from "./noVNC/node_modules/globals/index.js";

const house = {
  "curly": ["error", "multi-line"],
  "eqeqeq": "error",
  "no-eval": "error",
  "no-implied-eval": "error",
  "no-new-func": "error",
  "no-restricted-properties": [
    "error",
    { property: "innerHTML", message: "Names from a customer's machine are untrusted: use textContent." },
    { property: "outerHTML", message: "Names from a customer's machine are untrusted: use textContent." },
    { property: "insertAdjacentHTML", message: "Names from a customer's machine are untrusted: use textContent." },
    { object: "document", property: "write", message: "Build elements instead." },
  ],
  "no-shadow": "error",
  "no-throw-literal": "error",
  "no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
  "no-var": "error",
  "object-shorthand": "error",
  "prefer-const": "error",
};

export default [
  { ignores: ["**/node_modules/", ".venv/", "var/", "dist/", "htmlcov/"] },
  js.configs.recommended,
  {
    files: ["**/*.js"],
    languageOptions: { ecmaVersion: 2022, sourceType: "module" },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: house,
  },
  { files: ["noVNC/src/**/*.js", "portal/static/**/*.js"], languageOptions: { globals: globals.browser } },
  { files: ["noVNC/test/**/*.js", "tests/**/*.js", "*.js"], languageOptions: { globals: globals.node } },
];

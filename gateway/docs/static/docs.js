// Starts the viewer on the reference page.

const dark = matchMedia("(prefers-color-scheme: dark)");
const followTheme = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", followTheme);
followTheme();

document.getElementById("address").textContent = location.origin;
document.getElementById("try").textContent = `curl ${location.origin}/v1/products`;

const viewer = window.SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#viewer",
  deepLinking: true,
  docExpansion: "none",
  defaultModelsExpandDepth: -1,
  defaultModelRendering: "example",
  displayRequestDuration: true,
  tryItOutEnabled: true,
  // Only this page's own origin: no validator elsewhere sees the document.
  validatorUrl: null,
});

// The index opens what it names even when the address is there already.
for (const link of document.querySelectorAll("nav a")) {
  link.addEventListener("click", () => {
    const tag = decodeURIComponent(link.hash.slice(2));
    viewer.layoutActions.show(["operations-tag", tag], true);
    document.getElementById(`operations-tag-${tag}`)?.scrollIntoView({ behavior: "smooth" });
  });
}

// Files take a while on a telephone: whoever sends them is told that they are under way.
for (const form of document.querySelectorAll('form[enctype="multipart/form-data"]')) {
  const said = form.querySelector("[data-sending]");
  if (!said) continue;
  form.addEventListener("submit", () => { said.textContent = said.dataset.sending; });
  // Back on the page, nothing is under way any more.
  addEventListener("pageshow", () => { said.textContent = ""; });
}

// Files take a while on a telephone: whoever sends them is told that they are under way; and that
// they are too many before they are, for no more of such a form is read, and what was typed is lost.
for (const form of document.querySelectorAll('form[enctype="multipart/form-data"]')) {
  const said = form.querySelector("[data-sending]");
  if (!said) continue;
  form.addEventListener("submit", (event) => {
    const fields = [...form.querySelectorAll("input[type=file]")];
    const chosen = fields.flatMap((each) => [...each.files]);
    const bytes = chosen.reduce((sum, file) => sum + file.size, 0);
    const tooMany = bytes > Number(said.dataset.most);
    if (tooMany) {
      event.preventDefault();
      // Not sent, so nobody else is to take it for sent.
      event.stopPropagation();
    }
    said.textContent = tooMany ? said.dataset.tooMany : said.dataset.sending;
  });
  // Back on the page, nothing is under way any more.
  addEventListener("pageshow", () => { said.textContent = ""; });
}

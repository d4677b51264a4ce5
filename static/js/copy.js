// HTML cannot write to the clipboard: [data-copy] copies its value and says so; [data-copy-from] copies the text that its link leads to.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const label = button.getAttribute("aria-label");
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.setAttribute("aria-label", "Copied");
  } catch {
    button.setAttribute("aria-label", "The browser did not allow copying");
  }
  document.getElementById("status").textContent = button.getAttribute("aria-label");
  setTimeout(() => button.setAttribute("aria-label", label), 2000);
});

document.addEventListener("click", async (event) => {
  const link = event.target.closest("[data-copy-from]");
  if (!link || event.metaKey || event.ctrlKey) return;
  event.preventDefault();
  const status = document.getElementById("status");
  try {
    const text = fetch(link.href).then((answer) => { if (!answer.ok) throw new Error(); return answer.blob(); });
    await navigator.clipboard.write([new ClipboardItem({ "text/plain": text })]); // asked for at once, while the click still counts
    status.textContent = "Copied";
  } catch {
    location.href = link.href; // the text itself, to be copied by hand
    return;
  }
  const label = link.textContent;
  link.textContent = "Copied";
  setTimeout(() => { link.textContent = label; }, 2000);
});

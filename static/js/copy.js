// HTML cannot write to the clipboard: [data-copy] copies its value and says so.
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

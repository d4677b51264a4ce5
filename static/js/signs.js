// HTML cannot tell that a text holds a sign which the panel may take for HTML. This shows the form's warning while it does.
document.addEventListener("input", (event) => {
  const warning = event.target.matches?.("textarea") && event.target.form?.querySelector("[data-signs]");
  if (warning) warning.hidden = !/[<&]/.test(event.target.value);
});

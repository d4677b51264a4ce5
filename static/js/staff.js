// HTML does not tell the server who a page is for, and two people can share a browser. This sends the staff member of the page with its forms and
// requests, so that the server does not carry them out for another person, and names the texts that scripts store in the tab.
const staff = (() => {
  const id = document.querySelector("meta[name=staff]")?.content ?? "";

  if (id) {
    document.addEventListener("htmx:config:request", (event) => { event.detail.ctx.request.headers["X-Page-Of"] = id; });
    document.addEventListener("formdata", (event) => {
      if (event.target.getAttribute("method") === "post") event.formData.set("page_of", id);
    });
  }

  return { headers: id ? { "X-Page-Of": id } : {}, key: (name) => `${id} ${name}` };
})();

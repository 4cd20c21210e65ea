// What the page asks of its server about a film. A scene is {key, first, pictures}: what it was coloured with, the number of its
// first picture, and its coloured pictures as blobs.

const keyOf = ({ frame, ...look }) => JSON.stringify(look);

export const filmOf = (askAbout) => ({
  // Begin to colour the scene around the picture `look.frame`, or the whole film; see `job`.
  play: (photo, look) => askAbout(photo, "POST", "/play", look),
  colour: (photo, look) => askAbout(photo, "POST", "/colour", look),
  cancel: (photo) => askAbout(photo, "DELETE", "/job"),

  // {state: "running", "done", "failed" or "cancelled", whole, lines, done, total, seconds, first}
  job: async (photo) => (await askAbout(photo, "GET", "/job")).json(),

  // The scene that `play` coloured.
  async scene(photo, look, first) {
    const content = await (await askAbout(photo, "GET", "/scene")).arrayBuffer();
    const [view, pictures] = [new DataView(content), []];
    for (let at = 0; at < content.byteLength; at += 4 + view.getUint32(at)) {
      pictures.push(new Blob([content.slice(at + 4, at + 4 + view.getUint32(at))], { type: "image/jpeg" }));
    }
    return { key: keyOf(look), first, pictures };
  },

  // A picture of a scene that was coloured as `look` says, or undefined.
  played({ scene }, look) {
    return scene?.key === keyOf(look) ? scene.pictures[look.frame - scene.first] : undefined;
  },

  result: (photo) => `api/films/${photo.id}/result`,
});

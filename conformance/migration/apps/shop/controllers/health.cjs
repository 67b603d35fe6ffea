exports.health = function (req, res) {
  res.json({ ok: true })
}

export default function stringWidth(text) {
  return /^[\x20-\x7e]*$/.test(text) ? text.length : wide(text)
}

function wide(text) {
  return require('string-width-real')(text)
}

// Counts the tokens of standard input: count_tokens.cjs FOLDER-OF-GPT-TOKENIZER
const { encode } = require(process.argv[2] + "/cjs/encoding/o200k_base.js");
const text = require("node:fs").readFileSync(0, "utf8");
console.log(encode(text).length);

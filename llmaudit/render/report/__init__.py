"""A report in each of its forms. JSON is the source: the page and the Markdown are written from it and know no more."""

"""Files of word processors and slides: DOCX, PPTX, ODT, RTF, and what they share."""

//! Rules without I/O: ids, money, stock formula, order state machine, mapping, VAT, attention reasons

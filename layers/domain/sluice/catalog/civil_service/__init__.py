"""Sources of the Indonesian civil-service register: proposals to change the record of a civil servant."""
